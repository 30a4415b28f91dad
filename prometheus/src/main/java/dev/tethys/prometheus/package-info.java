/**
 * {@code prometheus.yml} as a whole, read strictly. Its sections declare the keys of each block;
 * docs/configuration.md is generated from them.
 */
@NullMarked
package dev.tethys.prometheus;

import org.jspecify.annotations.NullMarked;
