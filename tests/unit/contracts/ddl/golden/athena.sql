CREATE EXTERNAL TABLE `shop`.`order` (
  `order_id` string COMMENT 'Who\'s order it is: \\o/',
  `line` smallint,
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
  `payments` array<struct<paid:decimal(38,9),at:timestamp>>
)
COMMENT 'Lines of orders, as the shop\'s system keeps them'
PARTITIONED BY (
  `day` date,
  `region` string COMMENT 'Where it was sold'
)
STORED AS PARQUET
LOCATION 's3://lake/orders/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'contract.id' = 'urn:shop:orders',
  'contract.version' = '1.4.0',
  'parquet.compression' = 'ZSTD'
);
