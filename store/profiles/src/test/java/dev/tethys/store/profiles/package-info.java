@NullMarked
package dev.tethys.store.profiles;

import org.jspecify.annotations.NullMarked;
