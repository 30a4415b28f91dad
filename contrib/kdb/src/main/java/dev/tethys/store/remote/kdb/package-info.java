/** Reading metrics back from kdb+. */
@NullMarked
package dev.tethys.store.remote.kdb;

import org.jspecify.annotations.NullMarked;
