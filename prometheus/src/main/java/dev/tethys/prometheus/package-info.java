/** {@code prometheus.yml} as a whole, read strictly. */
@NullMarked
package dev.tethys.prometheus;

import org.jspecify.annotations.NullMarked;
