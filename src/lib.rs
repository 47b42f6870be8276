//! Keeps ML model files encrypted at rest and hands them to the program that loads them.
