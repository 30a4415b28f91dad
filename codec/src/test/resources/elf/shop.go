// Program with functions that the compiler of Go inlines.
package main

type cart struct{ total, count uint64 }

func (c *cart) add(price uint64) {
	c.total += rate(price)
	c.count++
}

func rate(price uint64) uint64 {
	return price*19/100 + round(price)
}

func round(price uint64) uint64 {
	return price &^ 7
}

//go:noinline
func pay(n uint64) uint64 {
	var c cart
	for i := uint64(0); i < n; i++ {
		c.add(i)
	}
	func() { c.count += rate(n) }()
	return c.total + c.count
}

func sum[T uint32 | uint64](values ...T) (s T) {
	for _, v := range values {
		s += v
	}
	return s
}

//go:noinline
func generic(n uint64) uint64 { return sum(n, n+1) + uint64(sum(uint32(n), 3)) }

func main() {
	println(pay(3) + generic(1))
}
