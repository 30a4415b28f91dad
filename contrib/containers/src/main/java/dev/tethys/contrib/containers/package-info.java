/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.containers;

import org.jspecify.annotations.NullMarked;
