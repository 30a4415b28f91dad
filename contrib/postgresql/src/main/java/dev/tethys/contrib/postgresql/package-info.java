/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.postgresql;

import org.jspecify.annotations.NullMarked;
