/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.schema;

import org.jspecify.annotations.NullMarked;
