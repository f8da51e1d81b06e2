CREATE TABLE `shop`.`order` (
  `order_id` string COMMENT 'Who\'s order it is: \\o/',
  `line` int,
  `customer` int COMMENT 'Number of the customer',
  `sequence` bigint,
  `sku` string,
  `state` string,
  `amount` decimal(12,2),
  `weight` double,
  `rating` float,
  `gift` boolean COMMENT 'Is it a gift?',
  `ordered_at` timestamp,
  `delivered` timestamp,
  `due` date,
  `extra` string COMMENT 'Whatever the shop sent',
  `labels` array<string>,
  `address` struct<city:string,position:struct<lat:double,lon:double>>,
  `payments` array<struct<paid:decimal(38,9),at:timestamp>>,
  `day` date,
  `region` string COMMENT 'Where it was sold'
)
PARTITIONED BY (day(`ordered_at`), bucket(16, `customer`), `region`)
LOCATION 's3://lake/orders/'
TBLPROPERTIES (
  'table_type' = 'ICEBERG',
  'format' = 'parquet',
  'write_compression' = 'zstd'
);
