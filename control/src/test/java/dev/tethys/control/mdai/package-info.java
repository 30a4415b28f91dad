@NullMarked
package dev.tethys.control.mdai;

import org.jspecify.annotations.NullMarked;
