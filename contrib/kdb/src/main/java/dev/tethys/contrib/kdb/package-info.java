/** Components of this module. */
@NullMarked
package dev.tethys.contrib.kdb;

import org.jspecify.annotations.NullMarked;
