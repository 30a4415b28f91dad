/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.kdb;

import org.jspecify.annotations.NullMarked;
