//! The words for methods of resizing.

use pimage_core::Error;
use pimage_transform::Method;

use super::{name_of, named};

/// Every method with its name; `auto` is what [`Resize`](pimage_transform::Resize) chooses.
pub const METHODS: [(&str, Option<Method>); 6] = [
    ("auto", None),
    ("nearest", Some(Method::Nearest)),
    ("linear", Some(Method::Linear)),
    ("cubic", Some(Method::Cubic)),
    ("area", Some(Method::Area)),
    ("lanczos", Some(Method::Lanczos)),
];

/// The method of this name, for [`Layout::method`](super::Layout::method).
///
/// # Errors
///
/// [`Error::BadOption`] when there is none.
pub fn method_named(name: &str) -> Result<Option<Method>, Error> {
    named("--method", &METHODS, name)
}

/// The name of a method.
pub(super) fn name_of_method(method: Option<Method>) -> &'static str {
    name_of(&METHODS, &method)
}
