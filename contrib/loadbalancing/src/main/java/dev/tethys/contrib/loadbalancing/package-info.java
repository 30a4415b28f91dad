/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.loadbalancing;

import org.jspecify.annotations.NullMarked;
