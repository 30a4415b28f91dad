@NullMarked
package dev.tethys.api.traces;

import org.jspecify.annotations.NullMarked;
