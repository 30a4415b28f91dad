/**
 * Strict reader of the complete {@code prometheus.yml}. Its sections declare the keys of each
 * block; docs/configuration.md is generated from them.
 */
@NullMarked
package dev.tethys.prometheus;

import org.jspecify.annotations.NullMarked;
