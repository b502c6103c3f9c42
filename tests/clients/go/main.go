// The AWS SDK for Go, unmodified, with all that it needs in its environment: AWS_ENDPOINT_URL_BEDROCK_RUNTIME, AWS_REGION,
// AWS_BEARER_TOKEN_BEDROCK and AWS_CA_BUNDLE or SSL_CERT_FILE. Run by .ci/run; ends with 1 at the first surprise.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	bedrock "github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/auth/bearer"
)

const native = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":50,"messages":[{"role":"user","content":"Hello"}]}`

var model = aws.String("global.anthropic.claude-sonnet-4-5-20250929-v1:0")

var messages = []types.Message{{
	Role:    types.ConversationRoleUser,
	Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "Hello"}},
}}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	settings, err := config.LoadDefaultConfig(ctx)
	check(err)
	client := bedrock.NewFromConfig(settings)

	converse(ctx, client)
	invokeModel(ctx, client)
	converseStream(ctx, client)
	invokeModelWithResponseStream(ctx, client)
	runJob(ctx, client)
	fmt.Println("every mode with a key")

	stranger := bedrock.NewFromConfig(settings, func(options *bedrock.Options) {
		options.BearerAuthTokenProvider = bearer.StaticTokenProvider{Token: bearer.Token{Value: "a-key-that-nobody-has-made"}}
	})
	_, err = stranger.Converse(ctx, &bedrock.ConverseInput{ModelId: model, Messages: messages})
	var denied *types.AccessDeniedException
	require(errors.As(err, &denied), "another key is not denied: %v", err)

	plain := bedrock.NewFromConfig(settings, func(options *bedrock.Options) {
		options.BaseEndpoint = aws.String(strings.Replace(os.Getenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME"), "https:", "http:", 1))
	})
	_, err = plain.Converse(ctx, &bedrock.ConverseInput{ModelId: model, Messages: messages})
	require(err != nil && strings.Contains(err.Error(), "requires HTTPS"), "a key goes over plain HTTP: %v", err)
	fmt.Println("none with another key, and none over plain HTTP")
}

func converse(ctx context.Context, client *bedrock.Client) {
	answer, err := client.Converse(ctx, &bedrock.ConverseInput{ModelId: model, Messages: messages})
	check(err)
	message := answer.Output.(*types.ConverseOutputMemberMessage).Value
	require(message.Content[0].(*types.ContentBlockMemberText).Value != "", "Converse gave no text")
}

func invokeModel(ctx context.Context, client *bedrock.Client) {
	answer, err := client.InvokeModel(ctx, &bedrock.InvokeModelInput{ModelId: model, Body: []byte(native)})
	check(err)
	require(bytes.Contains(answer.Body, []byte(`"content"`)), "InvokeModel gave %s", answer.Body)
}

func converseStream(ctx context.Context, client *bedrock.Client) {
	output, err := client.ConverseStream(ctx, &bedrock.ConverseStreamInput{ModelId: model, Messages: messages})
	check(err)
	stream := output.GetStream()
	var last types.ConverseStreamOutput
	for event := range stream.Events() {
		last = event
	}
	check(stream.Err())
	check(stream.Close())
	_, isEnd := last.(*types.ConverseStreamOutputMemberMetadata)
	require(isEnd, "the last event is %T", last)
}

func invokeModelWithResponseStream(ctx context.Context, client *bedrock.Client) {
	output, err := client.InvokeModelWithResponseStream(ctx, &bedrock.InvokeModelWithResponseStreamInput{
		ModelId: model,
		Body:    []byte(native),
	})
	check(err)
	stream := output.GetStream()
	var last []byte
	for event := range stream.Events() {
		last = event.(*types.ResponseStreamMemberChunk).Value.Bytes
	}
	check(stream.Err())
	check(stream.Close())
	require(bytes.Contains(last, []byte("message_stop")), "the last chunk is %s", last)
}

func runJob(ctx context.Context, client *bedrock.Client) {
	started, err := client.StartAsyncInvoke(ctx, &bedrock.StartAsyncInvokeInput{
		ModelId: model,
		ModelInput: document.NewLazyDocument(map[string]any{
			"anthropic_version": "bedrock-2023-05-31",
			"max_tokens":        50,
			"messages":          []map[string]string{{"role": "user", "content": "Hello"}},
		}),
		OutputDataConfig: &types.AsyncInvokeOutputDataConfigMemberS3OutputDataConfig{
			Value: types.AsyncInvokeS3OutputDataConfig{S3Uri: aws.String("s3://" + os.Getenv("JOBS_BUCKET") + "/output")},
		},
	})
	check(err)
	status := types.AsyncInvokeStatusInProgress
	for status == types.AsyncInvokeStatusInProgress {
		time.Sleep(200 * time.Millisecond)
		job, err := client.GetAsyncInvoke(ctx, &bedrock.GetAsyncInvokeInput{InvocationArn: started.InvocationArn})
		check(err)
		status = job.Status
	}
	require(status == types.AsyncInvokeStatusCompleted, "the job is %s", status)
	listed, err := client.ListAsyncInvokes(ctx, &bedrock.ListAsyncInvokesInput{})
	check(err)
	require(len(listed.AsyncInvokeSummaries) > 0, "the job is not listed")
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func require(holds bool, format string, values ...any) {
	if !holds {
		log.Fatalf(format, values...)
	}
}
