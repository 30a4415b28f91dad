/** {@code prometheus.yml} as a whole, read strictly. */
@NullMarked
package dev.tethys.app.prometheus;

import org.jspecify.annotations.NullMarked;
