/** Components of this module. */
@NullMarked
package dev.tethys.contrib.tdengine;

import org.jspecify.annotations.NullMarked;
