/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.detection;

import org.jspecify.annotations.NullMarked;
