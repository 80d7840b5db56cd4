package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/client"
)

// Push moves a branch from commit from ("" creates it) to commit to, which
// must be built on base ("" for the first commit of a repository); the server
// compares and swaps, nothing is forced. Whatever the server answered, the
// branch is read again: the push is done when the branch holds the commit.
// Errors are NotFastForwardError, RejectedError, LostError, AccessError or
// those of the connection.
func (r *Remote) Push(ctx context.Context, branch, from, base, to string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	sent := r.send(ctx, branch, from, base, to)
	var refused interface{ NotFastForward() bool }
	if errors.As(sent, &refused) {
		return sent
	}
	head, err := r.Head(ctx, branch)
	switch {
	case err != nil:
		return errors.Join(sent, err)
	case head == to:
		return nil
	case sent == nil && head != from:
		// Somebody pushed between ours and this look; ours is below theirs or
		// was replaced, which the caller finds out by building on theirs.
		return &NotFastForwardError{branch, "it is at " + head}
	case sent == nil:
		return &LostError{Branch: branch}
	}
	if head != from {
		return &NotFastForwardError{branch, "it is at " + head}
	}
	var rejected interface{ Rejected() bool }
	var denied interface{ Denied() bool }
	if errors.As(sent, &rejected) || errors.As(sent, &denied) {
		return sent
	}
	return &LostError{Branch: branch, Cause: sent}
}

// send pushes and returns what the server answered. Without a commit to, it
// deletes the branch.
func (r *Remote) send(ctx context.Context, branch, from, base, to string) error {
	c, err := client.NewClient(r.endpoint)
	if err != nil {
		return r.fail("connecting to %s", err)
	}
	session, err := c.NewReceivePackSession(r.endpoint, r.opts.Auth)
	if err != nil {
		return r.fail("connecting to %s", err)
	}
	defer session.Close()
	refs, err := session.AdvertisedReferencesContext(ctx)
	if err != nil && !errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return r.fail("connecting to %s", err)
	}
	name := plumbing.NewBranchReferenceName(branch)
	if at := refs.References[name.String()]; at.String() != hashOf(from).String() {
		return &NotFastForwardError{branch, "it is at " + at.String()}
	}
	request := packp.NewReferenceUpdateRequestFromCapabilities(refs.Capabilities)
	request.Commands = []*packp.Command{{Name: name, Old: hashOf(from), New: hashOf(to)}}
	if to == "" {
		if err := request.Capabilities.Set(capability.DeleteRefs); err != nil {
			return fmt.Errorf("preparing the push: %w", err)
		}
	} else {
		pack, err := r.pack(base, to)
		if err != nil {
			return fmt.Errorf("packing the commit: %w", err)
		}
		request.Packfile = io.NopCloser(pack)
	}
	report, err := session.ReceivePack(ctx, request)
	return r.answer(branch, report, err)
}

// answer reads the server's report on a push.
func (r *Remote) answer(branch string, report *packp.ReportStatus, err error) error {
	if report == nil {
		if err == nil {
			return nil
		}
		return r.fail("pushing to %s", err)
	}
	for _, status := range report.CommandStatuses {
		reason := strings.TrimSpace(status.Status)
		switch {
		case reason == "ok":
		case moved(reason):
			return &NotFastForwardError{branch, reason}
		default:
			return &RejectedError{branch, reason}
		}
	}
	if err != nil {
		return r.fail("pushing to %s", err)
	}
	return nil
}

// moved reports whether a server's reason means that the branch is not where
// the push expected it.
func moved(reason string) bool {
	for _, sign := range []string{
		"non-fast-forward", "fetch first", "failed to update ref", "cannot lock ref",
		"reference already exists", "stale info", "incorrect old value", "failed to lock",
	} {
		if strings.Contains(reason, sign) {
			return true
		}
	}
	return false
}

// pack encodes the objects that commit to adds to commit base.
func (r *Remote) pack(base, to string) (*bytes.Buffer, error) {
	hashes, err := r.missing(base, to)
	if err != nil {
		return nil, err
	}
	var pack bytes.Buffer
	// No deltas: searching for them costs more than they save here.
	_, err = packfile.NewEncoder(&pack, r.objects, false).Encode(hashes, 0)
	return &pack, err
}

func hashOf(commit string) plumbing.Hash { return plumbing.NewHash(commit) }
