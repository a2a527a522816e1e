"""The phone of docs/kotlin, compiled, and run on a JVM with a specimen chip."""
