@NullMarked
package dev.tethys.store.logs;

import org.jspecify.annotations.NullMarked;
