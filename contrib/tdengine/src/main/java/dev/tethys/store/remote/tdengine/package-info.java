/** TDengine 3 as a store that queries read. */
@NullMarked
package dev.tethys.store.remote.tdengine;

import org.jspecify.annotations.NullMarked;
