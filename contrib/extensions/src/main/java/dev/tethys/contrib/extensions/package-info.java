/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.extensions;

import org.jspecify.annotations.NullMarked;
