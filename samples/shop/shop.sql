-- An ordinary shop: customers, products, orders with their lines, payments.
--
-- Plain MySQL that also runs on MariaDB. Columns with a DEFAULT may be absent from a row, and the
-- database counts the ids. `aliases=` in a COMMENT is read by rowgate, as docs/schema.md explains;
-- any other comment is for people.

CREATE TABLE customers (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email VARCHAR(254) NOT NULL COMMENT 'aliases=e-mail,mail',
  name VARCHAR(200) NOT NULL COMMENT 'aliases=customer,full_name',
  city VARCHAR(100) NULL,
  country CHAR(2) NOT NULL DEFAULT 'DE' COMMENT 'ISO 3166-1 alpha-2, such as NA for Namibia',
  postcode VARCHAR(10) NULL COMMENT 'aliases=zip,zip_code,plz',
  phone VARCHAR(30) NULL COMMENT 'aliases=telephone',
  birthday DATE NULL COMMENT 'aliases=date_of_birth',
  newsletter BOOLEAN NOT NULL DEFAULT FALSE,
  credit_limit DECIMAL(10,2) NULL,
  notes TEXT NULL,
  registered_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE KEY customers_email (email),
  KEY customers_name (name(20))
) DEFAULT CHARSET=utf8mb4;

CREATE TABLE products (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  sku CHAR(8) NOT NULL COMMENT 'aliases=article_no',
  title VARCHAR(200) NOT NULL,
  category ENUM('books','garden','kitchen','tools') NOT NULL DEFAULT 'tools',
  price DECIMAL(10,2) NOT NULL,
  weight_kg DECIMAL(8,3) NULL COMMENT 'aliases=weight',
  stock INT NOT NULL DEFAULT 0 COMMENT 'below 0 where more is sold than there is',
  active TINYINT(1) NOT NULL DEFAULT 1,
  description TEXT NULL,
  available_from DATE NULL,
  UNIQUE KEY products_sku (sku),
  CONSTRAINT products_price CHECK (price >= 0)
) DEFAULT CHARSET=utf8mb4;

CREATE TABLE orders (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id BIGINT UNSIGNED NOT NULL,
  status ENUM('open','paid','shipped','cancelled') NOT NULL DEFAULT 'open',
  ordered_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  deliver_on DATE NULL,
  shipping DECIMAL(8,2) NOT NULL DEFAULT 0.00,
  gift BOOLEAN NOT NULL DEFAULT FALSE,
  note VARCHAR(500) NULL,
  CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id)
) DEFAULT CHARSET=utf8mb4;

CREATE TABLE order_lines (
  order_id BIGINT UNSIGNED NOT NULL,
  line_no SMALLINT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  quantity INT NOT NULL DEFAULT 1,
  unit_price DECIMAL(10,2) NOT NULL,
  discount_percent DECIMAL(5,2) NULL,
  PRIMARY KEY (order_id, line_no),
  CONSTRAINT order_lines_order FOREIGN KEY (order_id) REFERENCES orders (id),
  CONSTRAINT order_lines_product FOREIGN KEY (product_id) REFERENCES products (id),
  CONSTRAINT order_lines_quantity CHECK (quantity > 0)
) DEFAULT CHARSET=utf8mb4 COMMENT 'aliases=lines';

CREATE TABLE payments (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  order_id BIGINT UNSIGNED NOT NULL,
  paid_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  amount DECIMAL(12,2) NOT NULL COMMENT 'below 0 for money that goes back',
  method ENUM('card','transfer','cash') NOT NULL DEFAULT 'card',
  reference VARCHAR(40) NULL,
  CONSTRAINT payments_order FOREIGN KEY (order_id) REFERENCES orders (id)
) DEFAULT CHARSET=utf8mb4;
