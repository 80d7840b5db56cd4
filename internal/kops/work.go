package kops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/clusterstate"
)

// maxSeconds keeps a lifetime within what a time.Duration holds; what is too long
// for a certificate is refused later.
const maxSeconds = 1 << 32

// maxJob bounds a job, in bytes.
const maxJob = 8 << 20

// Work reads a job, does it and writes its result. The error is about reading
// and writing alone: what is wrong with the job is in the result.
func Work(ctx context.Context, in io.Reader, out io.Writer) error {
	var job clusterspec.Job
	decoder := json.NewDecoder(io.LimitReader(in, maxJob))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&job); err != nil {
		return fmt.Errorf("reading the job on standard input: %w", err)
	}
	result, err := do(ctx, &job)
	if err != nil {
		_, other := errors.AsType[clusterstate.WrongAccountError](err)
		result = clusterspec.Result{Error: err.Error(), Refused: other}
	}
	if err := json.NewEncoder(out).Encode(result); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

func do(ctx context.Context, job *clusterspec.Job) (clusterspec.Result, error) {
	switch job.Do {
	case clusterspec.DoRender:
		files, err := Render(ctx, &job.Request, &job.Facts)
		if err != nil {
			return clusterspec.Result{}, err
		}
		result := clusterspec.Result{Files: map[string]string{}}
		for name, data := range files {
			if !utf8.Valid(data) {
				return result, fmt.Errorf("%s is no text", name)
			}
			result.Files[name] = string(data)
		}
		return result, nil
	case clusterspec.DoExample:
		err := AddExampleKeys(ctx, &job.Request, &job.Facts, job.Origin)
		return clusterspec.Result{Facts: &job.Facts}, err
	case clusterspec.DoGather:
		facts, err := Gather(ctx, &job.Request, clusterfacts.New(job.Facts.Metadata.Name, clusterspec.KopsVersion), job.Origin.Date)
		return clusterspec.Result{Facts: facts}, err
	case clusterspec.DoKubeconfig:
		text, err := Kubeconfig(ctx, &job.Request, time.Duration(min(job.Lifetime, maxSeconds))*time.Second)
		return clusterspec.Result{Kubeconfig: text}, err
	case clusterspec.DoLeft:
		left, err := Left(ctx, &job.Request, job.RecordMarkers)
		return clusterspec.Result{Left: left}, err
	case clusterspec.DoSweep:
		left, err := Sweep(ctx, &job.Request, job.RecordMarkers)
		return clusterspec.Result{Left: left}, err
	}
	return clusterspec.Result{}, fmt.Errorf("there is no job %q", job.Do)
}
