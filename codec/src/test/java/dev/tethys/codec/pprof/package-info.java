@NullMarked
package dev.tethys.codec.pprof;

import org.jspecify.annotations.NullMarked;
