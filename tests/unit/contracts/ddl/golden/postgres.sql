CREATE TABLE "shop"."order" (
    "order_id" uuid NOT NULL,
    "line" smallint NOT NULL,
    "customer" integer NOT NULL,
    "sequence" bigint,
    "sku" text NOT NULL,
    "state" text,
    "amount" numeric(12,2),
    "weight" double precision,
    "rating" real,
    "gift" boolean,
    "ordered_at" timestamp with time zone,
    "delivered" timestamp without time zone,
    "due" date,
    "extra" jsonb,
    "labels" text[],
    "address" jsonb,
    "payments" jsonb,
    "day" date NOT NULL,
    "region" text NOT NULL,
    CONSTRAINT "line.range" CHECK ("line" >= 1),
    CONSTRAINT "sku.length" CHECK (char_length("sku") >= 3 AND char_length("sku") <= 12),
    CONSTRAINT "sku.pattern" CHECK ("sku" ~ '^[A-Z]{2}-[0-9]+\Z'),
    CONSTRAINT "state.allowed" CHECK ("state" IN ('new', 'it''s paid', 'sent')),
    CONSTRAINT "amount.type" CHECK ("amount" <> 'NaN'),
    CONSTRAINT "amount.range" CHECK ("amount" >= 0 AND "amount" < 1E+9),
    CONSTRAINT "weight.type" CHECK ("weight" > '-Infinity' AND "weight" < 'Infinity'),
    CONSTRAINT "weight.range" CHECK ("weight" <= '0.1'::double precision AND "weight" > '0'::double precision),
    CONSTRAINT "rating.type" CHECK ("rating" > '-Infinity' AND "rating" < 'Infinity'),
    CONSTRAINT "ordered_at.type" CHECK ("ordered_at" >= '0001-01-01 00:00:00+00' AND "ordered_at" < '10000-01-01 00:00:00+00'),
    CONSTRAINT "ordered_at.range" CHECK ("ordered_at" >= '2018-01-01 00:00:00+00:00'),
    CONSTRAINT "delivered.type" CHECK ("delivered" >= '0001-01-01 00:00:00' AND "delivered" < '10000-01-01 00:00:00'),
    CONSTRAINT "delivered.range" CHECK ("delivered" <= '2030-01-01 12:00:00'),
    CONSTRAINT "due.type" CHECK ("due" >= '0001-01-01' AND "due" <= '9999-12-31'),
    CONSTRAINT "due.range" CHECK ("due" >= '2018-01-01'),
    CONSTRAINT "labels.type" CHECK (array_ndims("labels") = 1 AND array_position("labels", NULL) IS NULL),
    CONSTRAINT "address.type" CHECK (jsonb_typeof("address") = 'object'),
    CONSTRAINT "payments.type" CHECK (jsonb_typeof("payments") = 'array'),
    CONSTRAINT "day.type" CHECK ("day" >= '0001-01-01' AND "day" <= '9999-12-31'),
    CONSTRAINT "regions are lower case" CHECK ("region" ~ '^[a-z]+'),
    PRIMARY KEY ("order_id", "line"),
    UNIQUE ("sequence"),
    UNIQUE ("customer", "ordered_at"),
    FOREIGN KEY ("customer") REFERENCES "shop"."customers" ("id")
);
CREATE INDEX "order_ordered_at_idx" ON "shop"."order" ("ordered_at");
CREATE INDEX "order_customer_due_idx" ON "shop"."order" ("customer", "due");
COMMENT ON TABLE "shop"."order" IS 'Lines of orders, as the shop''s system keeps them';
COMMENT ON COLUMN "shop"."order"."order_id" IS 'Who''s order
it is: \o/';
COMMENT ON COLUMN "shop"."order"."customer" IS 'Number of the customer';
COMMENT ON COLUMN "shop"."order"."gift" IS 'Is it a gift?';
COMMENT ON COLUMN "shop"."order"."extra" IS 'Whatever the shop sent';
COMMENT ON COLUMN "shop"."order"."region" IS 'Where it was sold';
