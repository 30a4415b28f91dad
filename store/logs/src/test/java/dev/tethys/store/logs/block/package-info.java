@NullMarked
package dev.tethys.store.logs.block;

import org.jspecify.annotations.NullMarked;
