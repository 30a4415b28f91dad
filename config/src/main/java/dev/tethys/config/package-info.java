/**
 * Configuration read strictly from YAML into records: every error has its position, every key its
 * description, and what is read can be written back with its secrets masked.
 */
@NullMarked
package dev.tethys.config;

import org.jspecify.annotations.NullMarked;
