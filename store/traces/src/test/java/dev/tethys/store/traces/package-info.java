@NullMarked
package dev.tethys.store.traces;

import org.jspecify.annotations.NullMarked;
