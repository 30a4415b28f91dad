/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.carbon;

import org.jspecify.annotations.NullMarked;
