/** Components of this module. */
@NullMarked
package dev.tethys.contrib.messaging;

import org.jspecify.annotations.NullMarked;
