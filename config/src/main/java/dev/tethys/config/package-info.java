/**
 * Configuration read strictly from YAML into records. A {@link Section} declares the keys of one
 * block: name, {@link Type}, default, description. Reading reports unknown keys and bad values with
 * their position; the reference documentation is generated from the same declarations. A
 * configuration can be written back with its secrets masked.
 */
@NullMarked
package dev.tethys.config;

import org.jspecify.annotations.NullMarked;
