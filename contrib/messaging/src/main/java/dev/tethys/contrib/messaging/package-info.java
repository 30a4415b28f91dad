/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.messaging;

import org.jspecify.annotations.NullMarked;
