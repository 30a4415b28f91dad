/** Components of this module. */
@NullMarked
package dev.tethys.contrib.fluent;

import org.jspecify.annotations.NullMarked;
