/** Components of this module. */
@NullMarked
package dev.tethys.contrib.statsd;

import org.jspecify.annotations.NullMarked;
