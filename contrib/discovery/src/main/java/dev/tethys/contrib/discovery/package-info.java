/** Mechanisms of this module. */
@NullMarked
package dev.tethys.contrib.discovery;

import org.jspecify.annotations.NullMarked;
