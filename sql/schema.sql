-- The example's tables; what a database says of them is in schema.json, which rowgate reads. After a
-- change: rowgate schema read sql/schema.sql --output sql/schema.json
--
-- Plain MySQL that also runs on MariaDB. What a type cannot say is in a COMMENT, as
-- `name=value` items separated by `;`, so that the database carries it as well:
--   aliases=a,b              other names under which a table or column is accepted
--   format=date-time         an RFC 3339 date and time, stored in UTC as YYYY-MM-DDTHH:MM:SSZ
--   references=table.column  the parent of this column; parents are written first

CREATE TABLE departments (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  department_name VARCHAR(255) NOT NULL COMMENT 'aliases=department'
) DEFAULT CHARSET=utf8mb4;

CREATE TABLE jobs (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  job_name VARCHAR(255) NOT NULL COMMENT 'aliases=job'
) DEFAULT CHARSET=utf8mb4;

CREATE TABLE employees (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(255) NOT NULL,
  datetime VARCHAR(255) NOT NULL COMMENT 'format=date-time',
  department_id INT NULL COMMENT 'references=departments.id',
  job_id INT NULL COMMENT 'references=jobs.id'
) DEFAULT CHARSET=utf8mb4 COMMENT 'aliases=hired_employees';
