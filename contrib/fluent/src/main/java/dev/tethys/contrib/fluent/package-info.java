/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.fluent;

import org.jspecify.annotations.NullMarked;
