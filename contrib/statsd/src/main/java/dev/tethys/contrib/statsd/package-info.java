/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.statsd;

import org.jspecify.annotations.NullMarked;
