/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.tdengine;

import org.jspecify.annotations.NullMarked;
