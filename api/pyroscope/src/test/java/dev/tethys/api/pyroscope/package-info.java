@NullMarked
package dev.tethys.api.pyroscope;

import org.jspecify.annotations.NullMarked;
