@NullMarked
package dev.tethys.codec.time;

import org.jspecify.annotations.NullMarked;
