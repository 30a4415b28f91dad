/** Components of this module. */
@NullMarked
package dev.tethys.contrib.schema;

import org.jspecify.annotations.NullMarked;
