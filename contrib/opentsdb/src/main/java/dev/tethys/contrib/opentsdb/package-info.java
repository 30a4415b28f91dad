/** Components of this module. */
@NullMarked
package dev.tethys.contrib.opentsdb;

import org.jspecify.annotations.NullMarked;
