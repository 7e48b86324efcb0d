//! Each type's values, and what becomes of them.

mod case;
mod every_type;
mod numbers;
mod texts;
mod times;
mod way_back;
