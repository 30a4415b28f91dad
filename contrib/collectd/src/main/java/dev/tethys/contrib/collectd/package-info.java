/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.collectd;

import org.jspecify.annotations.NullMarked;
