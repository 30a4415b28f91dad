/** Registration of this module's discovery mechanisms. */
@NullMarked
package dev.tethys.contrib.discovery;

import org.jspecify.annotations.NullMarked;
