/** Components of this module. */
@NullMarked
package dev.tethys.contrib.collectd;

import org.jspecify.annotations.NullMarked;
