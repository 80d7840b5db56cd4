package supervisor

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"

	"github.com/groundwork-dev/groundwork/internal/sandbox/node"
)

// The ports that programs on the host's loopback get: below those that
// systems hand out for outgoing connections, which nobody could reserve.
const firstPort, lastPort = 20000, 29999

// ports hands out free ports of the host's loopback, each once.
type ports struct {
	mu    sync.Mutex
	given map[int]bool
}

func (p *ports) next() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if p.given[port] {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort(node.Loopback, strconv.Itoa(port))) //nolint:noctx // at once
		if err != nil {
			continue
		}
		if p.given == nil {
			p.given = map[int]bool{}
		}
		p.given[port] = true
		return port, l.Close()
	}
	return 0, errors.New("no free port on loopback")
}
