// The sample files of the shop (shop.sql), made by samples/generate.mjs.
//
// Invented and the same on every machine, as the other samples are. They have what people's tables
// have: names beyond ASCII, postcodes and article numbers that begin with 0, cells with commas, quotes and
// line breaks, and empty cells where a column may be NULL. `brokenPromises` checks what a load relies on.

import { randomNumbers } from "../random.mjs";

const COUNTS = { customers: 24, products: 16, orders: 40 };
const SEED = 0x73686f70; // "shop"

const FIRST_NAMES = "Ada Bjørn Chloé Dáire Elif Günther Inês Jürgen Lucía Małgorzata Nils Zoë".split(" ");
const SURNAMES = "Ashgrove Bäcker d'Arblay Fernández Kowalczyk Lindqvist O'Brook Östlund Weiß".split(" ");
const PLACES = [
  ["Dresden", "DE", "01067"],
  ["Köln", "DE", "50667"],
  ["Málaga", "ES", "29001"],
  ["Orléans", "FR", "45000"],
  ["Windhoek", "NA", ""],
  ["Århus", "DK", "8000"],
];
const NOTES = ["", "", "", "Ring twice; then wait", 'Ask for "Nonna"', "Second floor,\nleft door"];

const PRODUCTS = [
  ["tools", "Hand saw, 50 cm", 1990, 450],
  ["tools", "Claw hammer", 1450, 610],
  ["tools", "Spirit level", 2375, 380],
  ["tools", "Set of 6 chisels", 4890, 1220],
  ["garden", "Watering can", 1250, 800],
  ["garden", "Wheelbarrow", 12900, 14500],
  ["garden", "Pruning shears", 2799, 240],
  ["garden", "Bird feeder", 899, 520],
  ["kitchen", "Bread knife, serrated", 3495, 210],
  ["kitchen", "Cast-iron pan", 5950, 2750],
  ["kitchen", 'Baking tin "Classic"', 1195, 640],
  ["kitchen", "Coffee grinder", 7900, 1850],
  ["books", "The sourdough book", 2400, 1125],
  ["books", "Birds of the garden", 1895, 730],
  ["books", "Pocket guide to knots", 990, 125],
  ["books", "Gift card", 2500, null],
];

const STATUSES = ["open", "paid", "shipped", "shipped", "cancelled"];
const METHODS = ["card", "card", "transfer", "cash"];

/** By the file's name below samples/ its text. */
export function makeShopFiles() {
  const tables = makeTables(randomNumbers(SEED));
  const broken = brokenPromises(tables);
  if (broken.length > 0) throw new Error(`the shop's samples are broken: ${broken.join("; ")}`);
  return Object.fromEntries(
    Object.entries(tables).map(([table, rows]) => [`shop/${table}.csv`, csv(rows)]),
  );
}

function makeTables(random) {
  const customers = makeCustomers(random);
  const products = makeProducts(random);
  const orders = makeOrders(random, customers);
  const order_lines = orders.flatMap((order) => makeLines(random, order, products));
  return { customers, products, orders, order_lines, payments: makePayments(random, orders, order_lines) };
}

function makeCustomers(random) {
  return numbers(COUNTS.customers).map((id) => {
    const [city, country, postcode] = random.pick(PLACES);
    const name = `${random.pick(FIRST_NAMES)} ${random.pick(SURNAMES)}`;
    return {
      id,
      email: `customer${id}@example.com`,
      name,
      city,
      country,
      postcode,
      phone: id % 4 === 0 ? "" : `0${100 + random.below(900)} 555 01${two(id)}`,
      birthday: id % 5 === 0 ? "" : day(random, 1950, 50),
      newsletter: random.below(2),
      credit_limit: id % 6 === 0 ? "" : cents(random.below(500000)),
      notes: random.pick(NOTES),
      registered_at: `${day(random, 2019, 2)} ${time(random)}`,
    };
  });
}

function makeProducts(random) {
  return PRODUCTS.slice(0, COUNTS.products).map(([category, title, price, grams], index) => ({
    id: index + 1,
    sku: String(42 + 61 * index).padStart(5, "0"),
    title,
    category,
    price: cents(price),
    weight_kg: grams === null ? "" : (grams / 1000).toFixed(3),
    stock: random.below(60) - 2,
    active: index % 7 === 6 ? 0 : 1,
    description: index % 3 === 0 ? "" : `Number ${index + 1} of our list`,
    available_from: index % 4 === 3 ? "" : day(random, 2018, 3),
  }));
}

function makeOrders(random, customers) {
  return numbers(COUNTS.orders).map((number) => ({
    id: 1000 + number,
    customer_id: random.pick(customers).id,
    status: random.pick(STATUSES),
    ordered_at: `${day(random, 2021, 1)} ${time(random)}`,
    deliver_on: number % 3 === 0 ? "" : day(random, 2022, 1),
    shipping: random.pick(["0.00", "4.90", "12.50"]),
    gift: random.below(5) === 0 ? 1 : 0,
    note: number % 8 === 0 ? "Leave it with the neighbours, please" : "",
  }));
}

function makeLines(random, order, products) {
  const chosen = random.shuffle([...products]).slice(0, 1 + random.below(3));
  return chosen.map((product, index) => ({
    order_id: order.id,
    line_no: index + 1,
    product_id: product.id,
    quantity: 1 + random.below(4),
    unit_price: product.price,
    discount_percent: random.below(3) === 0 ? "12.50" : "",
  }));
}

function makePayments(random, orders, lines) {
  const paid = orders.filter((order) => ["paid", "shipped"].includes(order.status));
  return paid.map((order, index) => ({
    id: index + 1,
    order_id: order.id,
    paid_at: `${day(random, 2022, 1)}T${time(random)}.${three(random.below(1000))}Z`,
    amount: cents(total(order, lines)),
    method: random.pick(METHODS),
    reference: index % 2 === 0 ? `A-${four(index)}` : "",
  }));
}

/** Of an order, in cents; what a line's discount leaves is rounded down. */
function total(order, lines) {
  const own = lines.filter((line) => line.order_id === order.id);
  const inCents = (text) => Math.round(Number(text) * 100);
  const sums = own.map((line) => {
    const full = line.quantity * inCents(line.unit_price);
    return line.discount_percent === "" ? full : Math.floor((full * 7) / 8);
  });
  return sums.reduce((sum, one) => sum + one, inCents(order.shipping));
}

/** What a load of the files relies on. Returns what is wrong, in words. */
function brokenPromises({ customers, products, orders, order_lines, payments }) {
  const unique = (values) => new Set(values).size === values.length;
  const among = (rows, name, parents) => {
    const known = new Set(parents.map((parent) => parent.id));
    return rows.every((row) => known.has(row[name]));
  };
  const promises = {
    "e-mails are unique": unique(customers.map((row) => row.email)),
    "article numbers are unique": unique(products.map((row) => row.sku)),
    "lines are unique": unique(order_lines.map((row) => `${row.order_id} ${row.line_no}`)),
    "customers exist": among(orders, "customer_id", customers),
    "orders exist": among(order_lines, "order_id", orders) && among(payments, "order_id", orders),
    "products exist": among(order_lines, "product_id", products),
    "quantities are above 0": order_lines.every((row) => row.quantity > 0),
  };
  return Object.keys(promises).filter((promise) => !promises[promise]);
}

function csv(rows) {
  const lines = [Object.keys(rows[0]), ...rows.map((row) => Object.values(row))];
  return lines.map((cells) => `${cells.map(quoted).join(",")}\n`).join("");
}

function quoted(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const numbers = (count) => Array.from({ length: count }, (_, index) => index + 1);
const two = (number) => String(number).padStart(2, "0");
const three = (number) => String(number).padStart(3, "0");
const four = (number) => String(number).padStart(4, "0");
const cents = (number) => (number / 100).toFixed(2);

/** A day of one of `years` years; no month needs more than 28 days. */
function day(random, first, years) {
  return `${first + random.below(years)}-${two(1 + random.below(12))}-${two(1 + random.below(28))}`;
}

function time(random) {
  return `${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}`;
}
