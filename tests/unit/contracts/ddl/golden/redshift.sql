CREATE TABLE "shop"."order" (
    "order_id" VARCHAR(36) NOT NULL,
    "line" SMALLINT NOT NULL,
    "customer" INTEGER NOT NULL,
    "sequence" BIGINT,
    "sku" VARCHAR(48) NOT NULL,
    "state" VARCHAR(65535),
    "amount" DECIMAL(12,2),
    "weight" DOUBLE PRECISION,
    "rating" REAL,
    "gift" BOOLEAN,
    "ordered_at" TIMESTAMPTZ,
    "delivered" TIMESTAMP,
    "due" DATE,
    "extra" SUPER,
    "labels" SUPER,
    "address" SUPER,
    "payments" SUPER,
    "day" DATE NOT NULL,
    "region" VARCHAR(65535) NOT NULL,
    PRIMARY KEY ("order_id", "line"),
    UNIQUE ("sequence"),
    UNIQUE ("customer", "ordered_at"),
    FOREIGN KEY ("customer") REFERENCES "shop"."customers" ("id")
)
DISTSTYLE KEY
DISTKEY ("customer")
COMPOUND SORTKEY ("ordered_at", "customer");
COMMENT ON TABLE "shop"."order" IS 'Lines of orders, as the shop''s system keeps them';
COMMENT ON COLUMN "shop"."order"."order_id" IS 'Who''s order
it is: \\o/';
COMMENT ON COLUMN "shop"."order"."customer" IS 'Number of the customer';
COMMENT ON COLUMN "shop"."order"."gift" IS 'Is it a gift?';
COMMENT ON COLUMN "shop"."order"."extra" IS 'Whatever the shop sent';
COMMENT ON COLUMN "shop"."order"."region" IS 'Where it was sold';
