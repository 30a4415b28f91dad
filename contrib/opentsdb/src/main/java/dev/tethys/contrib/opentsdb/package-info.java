/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.opentsdb;

import org.jspecify.annotations.NullMarked;
